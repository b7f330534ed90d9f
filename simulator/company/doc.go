// Package company is the simulated world behind the fake DingTalk: people, shifts, and everything that happens to them.
//
// It guarantees that the same Options and the same verbs give the same world, to the second and to the id, however the clock is
// advanced in between; and that what the APIs may show ([Company.Day], [Company.Plan], [Company.Instance]) and what a perfect
// ledger holds ([Company.Truth]) are derived from that one world. It knows nothing of the product that is tested against it.
//
// # The world
//
// Employees belong to attendance groups: office and workshop (FIXED, weekends off), rotation and night (TURN, across midnight),
// free hours (NONE, the day begins at 04:00). Every second Wednesday, and a few national days, are holidays for all. The user
// "admin" is an administrator and punches no clock. Unless Options.Quiet is set, a script dealt by seed lets people punch, be late,
// forget, ask for leave, overtime, trips and outings, make up punches, change and revoke what was agreed, and lets an
// administrator correct results and reschedule days.
//
// # Who is authoritative
//
// The company's clock is: nothing happens but in [Company.Advance] and in the verbs. Each change has a serial number; a [Moment]
// (serial and clock) pins what a reader sees, which is how lagging reads are made.
//
// # Rules of the world
//
//   - A shift's slots share the time around it: borders lie midway between neighbouring planned times, but no punch counts earlier
//     than 2 h before a shift, nor later than 12 h after one that a day off follows. The first punch counts for on-duty, the last for off-duty.
//     What a punch counts for is fixed when it is recorded; one that counts for nothing is invalid and stands on its calendar date.
//   - A missing punch becomes a NotSigned row when its share of time has passed (13:30 for 09:00–18:00; 01:30 of the next
//     workday).
//   - An approved make-up fills the nearest slot of its work day. On a day without schedule and on a holiday it pushes no event, and the
//     attendance APIs do not show it (Options.ShowUnscheduledMakeUps shows it as a record).
//   - Among a make-up and a correction by an administrator the later one wins; both win over punches; a punch wins over a leave, trip or
//     outing that excuses the slot, but is Normal then.
//   - An agreed MODIFY replaces the main instance's content, an agreed REVOKE takes it back; a deleted instance is gone from the
//     APIs and has no effect.
//   - For overtime the people are those named, for a trip or outing the originator and the companions.
//   - People join, leave and come back under the same id ([Company.Hire], [Company.Resign]). Nobody has rows of before joining. When
//     somebody leaves, what was asked for and is undecided is terminated, and the days freeze: a slot of later on does not exist, a
//     missing punch that was not stated by then never is, and what is decided afterwards changes nothing of those days any more. One
//     who comes back begins anew, in the same group or another; the earlier days stay as they were.
//
// # What it does not do
//
// Vacation balances, reports, several corps, changes of group without leaving, contact events.
package company
