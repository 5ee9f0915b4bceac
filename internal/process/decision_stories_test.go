package process

import (
	"fmt"
	"time"

	"syncd/internal/sandbox"
)

// approvesARun lets every plan wait. Before somebody approves nothing may leave; afterwards exactly that plan does,
// whatever staging holds by then.
func (d *decider) approvesARun() {
	approved := func() bool { return len(d.audit("approve")) > 0 }
	d.prepare(func() {
		if n := d.sandbox.Stats().Deliveries; n > 0 && !approved() {
			d.t.Fatalf("%d documents left without an approval", n)
		}
		wrong := d.texts(`SELECT format('run %s is %s', id, state) FROM syncd.run r WHERE kind = 'push-salaries'
			AND (approved_by <> '') <> EXISTS (SELECT FROM syncd.audit a WHERE a.run_id = r.id AND decision = 'approve' AND detail = plan_digest)`)
		if len(wrong) > 0 {
			d.t.Fatalf("an approval without its line of the audit, or the other way: %q", wrong)
		}
	})
	d.guard("approval = true")
	run := d.transfer(5)
	if d.random.IntN(2) == 0 { // the newer plan takes the place of the one that waits
		d.move("1 rue du Plan")
		older := run
		if run = d.transfer(5); d.state(older) != "cancelled" {
			d.t.Fatalf("run %s is %s beside run %s", older, d.state(older), run)
		}
	}
	d.decide("approve", run, "--reason", "as every month")
	d.keep()
	d.move("2 rue d'Après")
	d.transfer(0, "resume", run)
	d.restore()
	d.wantDelivered()
	d.wantRepeats()
	d.finished()
}

// finished wants the next plan to find nothing to send.
func (d *decider) finished() {
	d.t.Helper()
	before := d.sandbox.Stats().Deliveries
	d.want(0, d.push().wait())
	if now := d.sandbox.Stats().Deliveries; now != before {
		d.t.Fatalf("%d documents were sent although all was delivered", now-before)
	}
}

// approvesEmployees holds two of them, whose documents at the API must stay until each is let go.
func (d *decider) approvesEmployees() {
	held := []string{"00001", "00002"}
	d.prepare(func() {
		for _, r := range d.sandbox.Received(dossier) {
			if r.Deliveries > 1 && len(d.texts(`SELECT 'once' WHERE $1 IN ('00001', '00002') AND NOT EXISTS
				(SELECT FROM syncd.audit WHERE decision = 'approve' AND $1 = ANY (employees))`, r.Matricule)) > 0 {
				d.t.Fatalf("%s was sent without an approval", r.Matricule)
			}
		}
	})
	d.guard(`hold_fields = ["Iban"]`)
	d.want(0, d.push().wait())
	d.move("1 rue du Plan")
	d.exec(`UPDATE staging.employee e SET iban = o.iban FROM staging.employee o
		WHERE e.matricule IN ('00001', '00002') AND o.matricule = lpad((e.matricule::int + 2)::text, 5, '0')`)
	run := d.transfer(4)
	for i, key := range held {
		d.decide("approve", run, "--employee", key, "--reason", "she came with her bank card")
		code := 4 // somebody is still held
		if i == len(held)-1 {
			code = 0
		}
		d.transfer(code, "resume", run)
	}
	d.wantDelivered()
	d.wantRepeats()
	d.finished()
}

// settlesADeparture lets somebody leave whose elements were accepted.
func (d *decider) settlesADeparture() {
	const gone = "00006"
	d.prepare(func() {
		if half := d.texts(`SELECT 'half' WHERE (SELECT bool_or(withdrawn) FROM syncd.baseline) <>
			EXISTS (SELECT FROM syncd.audit WHERE decision = 'settle' AND $1 = ANY (employees) AND detail = 'withdrawn')`, gone); len(half) > 0 {
			d.t.Fatal("a withdrawal without its line of the audit, or the other way")
		}
	})
	d.want(0, d.push().wait())
	d.exec(`DELETE FROM staging.employee WHERE matricule = '00006'; DELETE FROM staging.payroll_element WHERE matricule = '00006'`)
	d.move("1 rue du Plan")
	run := d.transfer(4)
	d.decide("settle", run, "--employee", gone, "--withdrawn", "--reason", "deleted by phone")
	if state := d.state(run); state != "succeeded" {
		d.t.Fatalf("the run is %s", state)
	}
	d.wantNoOpenEnds()
	d.wantRepeats()
	d.finished()
}

// settlesDoubts sends to an API that adds what it is sent, and loses all its answers: nothing may be sent a second time
// unless a person says that it did not arrive.
func (d *decider) settlesDoubts() {
	arrived := d.random.IntN(2) == 0
	d.prepare(func() {
		if n := d.sandbox.Stats().Deliveries; n > staff {
			d.t.Fatalf("%d documents were delivered of %d employees", n, staff)
		}
	})
	d.section("[isidoor.salarie]", `semantics = "append"`)
	fault, as := sandbox.Faults{Error: 1}, "--pending"
	if arrived {
		fault, as = sandbox.Faults{Lost: 1}, "--accepted"
	}
	d.must(d.sandbox.SetFaults(fault))
	d.want(4, d.push().wait())
	run := d.latest()
	d.must(d.sandbox.SetFaults(sandbox.Faults{}))
	until(d.t, "no request is on its way", func() bool {
		return d.text(`SELECT bool_and(doubt_since < clock_timestamp() - interval '1 second')::text FROM syncd.baseline WHERE in_doubt`) == "true"
	})
	args := []string{"settle", run, as, "--reason", "seen on the screen"}
	for n := range staff {
		args = append(args, "--employee", fmt.Sprintf("%05d", n+1))
	}
	d.decide(args...)
	if !arrived { // another death would leave a doubt anew
		d.want(0, d.run("resume", run))
	}
	d.wantDelivered()
	d.wantOnce()
	d.finished()
}

// closes closes the month while a run of it is under way, or dead on the way. Once it is closed nothing leaves.
func (d *decider) closes() {
	d.prepare(func() {})
	p := d.push()
	if d.random.IntN(3) > 0 {
		d.killWithin(p, 300*time.Millisecond)
	}
	d.decideToClose(p)
	d.quiet()
	sent := d.sandbox.Stats().Deliveries
	p.wait()
	r := d.push().wait()
	d.want(2, r)
	d.wantSaid(r, "period "+period+" is closed")
	for _, run := range d.texts(`SELECT id::text FROM syncd.run WHERE kind = 'push-salaries' AND state IN ('failed', 'held', 'incomplete')`) {
		d.want(2, d.run("resume", run))
	}
	if now := d.sandbox.Stats().Deliveries; now != sent {
		d.t.Fatalf("%d documents left after the month was closed", now-sent)
	}
	d.want(0, d.run("period", "reopen", period, "--for", "1h", "--reason", "a bonus was forgotten"))
	d.want(0, d.push().wait())
	d.wantDelivered()
}

// decideToClose closes the month as soon as no run of it is under way, whatever is missing. A run whose process is dead is
// given up first.
func (d *decider) decideToClose(p *running) {
	d.t.Helper()
	before := len(d.audit("close"))
	until(d.t, "the month is closed", func() bool {
		r := d.insist("period", "close", period, "--force", "--reason", "payslips are out")
		if r.code != 6 {
			d.wantSaid(r, "closed")
			return true
		}
		d.wantSaid(r, "busy", "hint: ")
		if p.over() {
			d.run("cancel", d.latest(), "--reason", "its machine is gone")
		}
		return false
	})
	if made := len(d.audit("close")) - before; made != 1 {
		d.t.Fatalf("the audit has %d closings, want 1", made)
	}
}
