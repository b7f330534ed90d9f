// Package payroll lays out what the ledger knows of people's days as tables that pay
// is computed from: a row for each person and day, or each person and month.
//
// It is pure: a day in, a row out. It computes no pay and no hours, and says of each
// row whether it is final, and what is open if it is not. A row is final when
// punches, results and approvals are complete through its date and DingTalk's results
// for it are settled: nobody should be paid by another. Of somebody who came into
// contacts after the date there is nothing to know; of somebody who was there and whom
// nobody asked about, there is, as of all on the dates before the first walk over contacts.
package payroll
