package main

import (
	"cmp"
	"slices"
	"time"
)

// quantile is the value that a share of the values does not exceed (nearest rank); zero for none.
func quantile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(share*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// median is the middle one; of an even number the mean of the two.
func median(values []float64) float64 {
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

// ratio of two amounts; zero when there is nothing to compare with.
func ratio[T int64 | float64 | time.Duration](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// medianOf applies a function to every round and takes the median.
func medianOf[T any](rounds []T, value func(T) float64) float64 {
	values := make([]float64, 0, len(rounds))
	for _, round := range rounds {
		values = append(values, value(round))
	}
	return median(values)
}

// milliseconds as a number.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
