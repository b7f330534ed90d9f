package rounds

import "slices"

// Turns lets every side take its turn, up to the first that fails. Every second time they go in reverse: what else the machine does hits
// all alike.
func Turns[S any](n int, sides []S, takeFunc func(S) error) error {
	order := slices.Clone(sides)
	if n%2 == 1 {
		slices.Reverse(order)
	}
	for _, side := range order {
		if err := takeFunc(side); err != nil {
			return err
		}
	}
	return nil
}
