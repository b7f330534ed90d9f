package ledger

// LeftIn is for the test that no table is forgotten.
func LeftIn() []string { return leftIn() }

// Relatives is for the test of its plan.
const Relatives = relatives
