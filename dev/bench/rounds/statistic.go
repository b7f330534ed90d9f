package rounds

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The shares that are reported.
const (
	Half = 0.5
	Most = 0.99
)

// Quantile is the value that a share of the values does not exceed (nearest rank); zero for none.
func Quantile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(share*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Median is the middle one; of an even number the mean of the two.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Ratio of two amounts; zero when there is nothing to compare with.
func Ratio[T int64 | float64 | time.Duration](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// MedianOf applies a function to every round and takes the median.
func MedianOf[T any](rounds []T, value func(T) float64) float64 {
	values := make([]float64, 0, len(rounds))
	for _, round := range rounds {
		values = append(values, value(round))
	}
	return Median(values)
}

// Milliseconds as a number.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Show writes an amount for a table: small ones deserve a decimal.
func Show(value float64) string {
	if value < 10 { //nolint:mnd // As said.
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}
