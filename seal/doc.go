// Package seal keeps what runs carry out of the sight of whoever can read
// Temporal: its database, its backups, its UI, its operator.
//
// It guarantees that with a key to seal with every payload leaves the process
// encrypted and authenticated: inputs, results, signals, queries and their
// answers, heartbeats, local steps, memos, summaries, and the texts and stack
// traces of failures. A payload that was changed, or comes from another
// company's histories, does not open. What was never sealed is passed through,
// so histories from before remain readable; so do those of other keys, as long
// as the ring holds them.
//
// It does not hide what Temporal itself must read: workflow ids and search
// attributes, which name corp, user, work date and event type, the types of
// workflows, activities and errors, and times. Nor does it hide how long a
// payload is. Within one company payloads are not bound to their run: who can
// write Temporal's database can put one in the place of another.
//
// The ring of keys is authoritative: its first key seals, every key opens. On
// failure the error says which key is missing, as an *UnknownKeyError, or that
// a payload does not open with the key that it names, as a *BrokenError. Within
// a workflow such an error would end the run; there the codec panics with it,
// which blocks the run until a worker has the key, and loses nothing.
//
// A payload is sealed by XAES-256-GCM (C2SP): AES-256-GCM under a key derived
// for each payload from a nonce of 192 bits, so that one key may seal any number
// of payloads that a company will ever have. The sealed form is
//
//	metadata  encoding = "binary/encrypted", encryption-key-id = the key's id
//	data      nonce (24 bytes), ciphertext of the whole payload, tag (16 bytes)
//
// and the authenticated data names this form, the company and the key.
package seal
