package appendlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// flaw is one thing that a wrongLog does wrong.
type flaw string

const (
	noFlaw             flaw = "nothing"
	noPosition         flaw = "sends again without a position"
	takes412ForSuccess flaw = "takes a 412 for success"
	believesSize       flaw = "believes the size without comparing the bytes"
	comparesFirstByte  flaw = "compares the first byte only"
	believesNoRead     flaw = "takes bytes that it can't read for the right ones"
	jumpsToSize        flaw = "goes on at the stored length, even beyond the block"
	sendsWholeBlock    flaw = "sends the whole block again after part of it was found"
	ignoresShorter     flaw = "goes on at the stored length although it is below the verified end"
	finishesBlindly    flaw = "finishes although more is stored than was written"
	callsItForeign     flaw = "takes a blob that grew for somebody else's"
	givesUp            flaw = "fails when an outcome isn't known"
	takesDamagedForOK  flaw = "takes damaged bytes for stored ones"
	countsUnsent       flaw = "takes the whole block for stored when a part of it was sent"
	forgetsLarger      flaw = "takes what lies beyond the part that it sent last for somebody else's"
	forgetsAttempt     flaw = "takes a failed size for an answer that nothing has landed, and sends without a position"
)

// wrongLog is a second, plain implementation of the protocol that has one flaw. It shows that the oracle can fail.
type wrongLog struct {
	flaw   flaw
	blob   Blob
	budget Budget
	end    int64
	seen   int64
	sent   int // bytes of the last attempt
}

func wrongProtocol(f flaw) protocol {
	return func(blob Blob, end int64, b Budget) writer {
		return &wrongLog{flaw: f, blob: blob, budget: b, end: end}
	}
}

func (w *wrongLog) End() int64 { return w.end }

func (w *wrongLog) Finish() error {
	if w.seen > w.end && w.flaw != finishesBlindly {
		return ErrCorruptedData
	}
	return nil
}

func (w *wrongLog) Append(ctx context.Context, p []byte) error {
	w.budget.Reset()
	position := w.end
	for len(p) > 0 {
		w.sent = w.blob.Fit(len(p))
		outcome, err := w.blob.Append(ctx, position, p[:w.sent], w.budget.Patience())
		if w.flaw == takes412ForSuccess && errors.Is(err, errPosition) || w.flaw == takesDamagedForOK && outcome == NotApplied {
			outcome = Applied
		}
		switch {
		case outcome == Applied && w.flaw == countsUnsent:
			w.end += int64(len(p))
			return nil
		case outcome == Applied:
			w.budget.Reset()
			w.end += int64(w.sent)
			position, p, err = w.end, p[w.sent:], nil
		case outcome == Refused, w.flaw == givesUp:
			return err
		case outcome == Unknown && w.flaw != noPosition:
			position, p, err = w.reconcile(ctx, p, err)
		case w.flaw == noPosition:
			position, err = anywhere, w.budget.Wait(ctx, err)
		default:
			err = w.budget.Wait(ctx, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reconcile returns where to send what.
func (w *wrongLog) reconcile(ctx context.Context, p []byte, cause error) (int64, []byte, error) {
	for {
		n, err := w.landed(ctx, p)
		switch {
		case errors.Is(err, ErrCorruptedData):
			return 0, nil, err
		case err != nil && w.flaw == forgetsAttempt:
			return anywhere, p, w.budget.Wait(ctx, err)
		case err != nil:
			if err := w.budget.Wait(ctx, err); err != nil {
				return 0, nil, err
			}
		case n == 0:
			return w.end, p, w.budget.Wait(ctx, cause)
		default:
			w.budget.Reset()
			w.end += int64(n)
			if w.flaw == sendsWholeBlock && n < len(p) {
				return w.end, p, nil
			}
			return w.end, p[min(n, len(p)):], nil
		}
	}
}

// landed returns how many bytes of p are stored.
func (w *wrongLog) landed(ctx context.Context, p []byte) (int, error) {
	stored, err := w.blob.Size(ctx)
	if err != nil {
		return 0, err
	}
	w.seen = max(w.seen, stored)
	beyond := int(stored - w.end)
	switch {
	case beyond < 0 && w.flaw == ignoresShorter:
		w.end = stored
		return 0, nil
	case beyond < 0, beyond > 0 && w.flaw == callsItForeign, beyond > w.sent && w.flaw == forgetsLarger:
		return 0, fmt.Errorf("%d bytes more than expected: %w", beyond, ErrCorruptedData)
	case beyond > len(p) && w.flaw != jumpsToSize:
		beyond = len(p)
	}
	got := make([]byte, min(beyond, len(p)))
	if beyond == 0 || w.flaw == believesSize {
		return beyond, nil
	}
	if err := w.blob.ReadAt(ctx, got, w.end, w.budget.Patience()); err != nil {
		if w.flaw == believesNoRead {
			return beyond, nil
		}
		return 0, err
	}
	if w.flaw == comparesFirstByte {
		got = got[:1]
	}
	if !bytes.HasPrefix(p, got) {
		return 0, ErrCorruptedData
	}
	return beyond, nil
}
