package queue

import "dakasync/dev/bench/rig"

// memory is that of a side's programs together.
func (s *side) memory() (rig.Memory, error) {
	var sum rig.Memory
	for _, program := range s.programs {
		one, err := rig.MemoryOf(program.Pid())
		if err != nil {
			return sum, err
		}
		sum.Resident += one.Resident
		sum.Peak += one.Peak
	}
	return sum, nil
}
