// Package appendlog is the protocol that stores a stream in an append blob, each byte once and in order.
//
// # The problem
//
// Azure's Append Block may answer 500 OperationTimedOut, or not at all, although the block was stored. Who sends it
// again stores it twice. So may a proxy that repeats a request, or a request that was given up and arrives later.
//
// # The guarantee
//
// While a [Log] is in use, what is stored is a prefix of the stream that was given to it. [Log.Append] returns nil only
// if all the bytes are stored, [Log.Finish] only if nothing else is. Whatever the network does, the outcome is the
// right bytes or an error. There is an error only when the service refuses, when somebody else wrote to the blob, or
// when the [Budget] or the context ends.
//
// It rests on two rules:
//
//   - An append carries the offset it is for, and the service stores it only if the blob is exactly that long. So of
//     all the requests for one offset, however often sent or repeated and however late they land, one is stored at most.
//   - What isn't known is looked up, and only bytes are believed. Why an answer is missing doesn't matter.
//
// # One block
//
// end is the verified end, p what is left of the block, L the blob's length.
//
//	send     append p at end, or a beginning of p if it is more than the link carries
//	           applied        end moves over what was sent: done if that was all of p, else send
//	           not applied    wait, send (the bytes were damaged on the way)
//	           refused        failed; but look once if an earlier attempt may have landed
//	           unknown        look
//
//	look     ask for L
//	           no answer      wait, look; failed if the answer is lasting
//	           L < end        conflict: the blob was cut short
//	           L == end       wait, send: nothing has landed
//	           L > end        compare
//
//	compare  read [end, min(L, end+len(p)))
//	           no answer      wait, look; failed if the answer is lasting
//	           other bytes    conflict
//	           the same       end and p move over them: done if p is empty, else send
//
// Look and compare together are a reconcile. Each wait spends from the budget, and fails the append when that is spent;
// each time that end moves the budget is full again.
//
// If only a part of the block is found, it was begun by an older request: a smaller one of this block, or one of an
// upload that is now resumed in other blocks. If more is found than the last request sent, an older and larger one of the
// block has landed, so what is compared is always the block. If more than the block is found, the next one meets a 412
// and adopts its share.
//
// How much is sent at a time has no part in the guarantee. After a request that ran out of time it is less, so that a
// slow link gets small requests instead of a failure ([Blob.Fit]).
//
// A reconcile reads back at most 1 MiB at a time, so a large block needs no second buffer of its size.
//
// # What it can't see
//
// Bytes below the verified end aren't read again. Somebody else who cuts the blob short and appends just as many other
// bytes, between two calls, goes unnoticed; so does somebody who appends behind the end after the last call. That takes
// a second writer that isn't this protocol. Two logs on one blob are safe if they write the same stream; if not, one
// of them meets a conflict.
package appendlog
