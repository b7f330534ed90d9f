package seal

import (
	"context"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Seal makes a Temporal client use the codec for all that it sends and reads.
// Where nothing is sealed, failures stay as readable as they are without it.
func (c *Codec) Seal(options *client.Options) {
	options.DataConverter = c.DataConverter()
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: c.ring.Seals(),
	})
}

// DataConverter is Temporal's usual converter behind the codec.
func (c *Codec) DataConverter() converter.DataConverter {
	blocking := *c
	blocking.block = true
	usual := converter.GetDefaultDataConverter()
	return dataConverter{
		DataConverter: converter.NewCodecDataConverter(usual, c),
		inRun:         converter.NewCodecDataConverter(usual, &blocking),
	}
}

// dataConverter is another one within a workflow.
type dataConverter struct {
	converter.DataConverter

	inRun converter.DataConverter
}

// WithWorkflowContext implements converter.ContextAware. An error there would
// end the run as failed, for a key that its worker was not given; a panic fails
// the task, which is tried again until there is a worker that has it.
func (d dataConverter) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return d.inRun
}

// WithContext implements converter.ContextAware.
func (d dataConverter) WithContext(context.Context) converter.DataConverter { return d }
