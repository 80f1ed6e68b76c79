package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// Answer is what was answered to a question about the service, and what this project's
// model of the service and Azurite answer to it.
type Answer struct {
	Question string `json:"question"`
	Model    string `json:"model"`
	Emulator string `json:"emulator"`
	Here     string `json:"here"`
}

// Same reports whether all three answer the same.
func (a Answer) Same() bool { return a.Model == a.Here && a.Emulator == a.Here }

// question is one on which the driver relies, or on which emulators and the service were
// reported to differ. The answers of model and emulator are compared with what they really
// answer by tests.
type question struct {
	text            string
	model, emulator string
	ask             func(context.Context, *examination) error
}

const (
	noETag                           = service.ETag(`"0x8D00000000000000"`) // of no blob
	present                          = "written"
	lacking404, exists409, notMet412 = "404 BlobNotFound", "409 BlobAlreadyExists", "412 ConditionNotMet"
)

// questions are asked of the scratch, in this order.
var questions = []question{
	{"get a blob that is not there", lacking404, lacking404, func(ctx context.Context, x *examination) error {
		_, err := x.read(ctx, x.name("nowhere"))
		return err
	}},
	{"put, If-Match, on a name that is not there", notMet412, notMet412, func(ctx context.Context, x *examination) error {
		return x.put(ctx, "nowhere", service.IfMatch(noETag))
	}},
	{"put, If-None-Match: *, on a blob that is there", exists409, exists409, func(ctx context.Context, x *examination) error {
		return x.put(ctx, present, service.IfAbsent())
	}},
	{"put, If-Match with an older ETag", notMet412, notMet412, func(ctx context.Context, x *examination) error {
		return x.put(ctx, present, service.IfMatch(noETag))
	}},
	{"create an append blob, If-None-Match: *, on a blob that is there", exists409, exists409, func(ctx context.Context, x *examination) error {
		_, _, err := x.client.CreateAppend(ctx, x.name(present), service.IfAbsent())
		return err
	}},
	{"append where the blob does not end", "412 AppendPositionConditionNotMet", "412 AppendPositionConditionNotMet", func(ctx context.Context, x *examination) error {
		return x.client.Appender(x.name("appended")).Append(ctx, 1<<20, sample, x.settings.RetryBudget)
	}},
	{"append to a block blob", "409 InvalidBlobType", "409 InvalidBlobType", func(ctx context.Context, x *examination) error {
		return x.client.Appender(x.name(present)).Append(ctx, int64(len(sample)), sample, x.settings.RetryBudget)
	}},
	{"copy, If-None-Match: *, onto a blob that is there", exists409, exists409, func(ctx context.Context, x *examination) error {
		p, err := x.client.Properties(ctx, x.name(present))
		if err == nil {
			_, _, err = x.client.Copy(ctx, x.name(present), p.ETag, x.name("appended"), service.IfAbsent())
		}
		return err
	}},
	{"copy from a source that changed", "412 SourceConditionNotMet", notMet412, func(ctx context.Context, x *examination) error {
		_, _, err := x.client.Copy(ctx, x.name(present), noETag, x.name("from-changed"), service.IfAbsent())
		return err
	}},
	{"a name with a dot at the end of a segment", "without the dot", "with the dot", dotAtEnd},
}

func (x *examination) put(ctx context.Context, short string, condition service.Condition) error {
	_, _, err := x.client.Put(ctx, x.name(short), sample, condition)
	return err
}

// keptDot says in the place of an error what became of a dot.
type keptDot string

// Error says it.
func (k keptDot) Error() string { return string(k) }

func dotAtEnd(ctx context.Context, x *examination) error {
	if err := x.put(ctx, "dot./x", service.IfAbsent()); err != nil {
		return err
	}
	page, err := x.client.List(x.newScratch()+"dot", 0).Page(ctx)
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		x.scratch.names[item.Name] = true
		if strings.HasSuffix(item.Name, "dot./x") {
			return keptDot("with the dot")
		}
	}
	return keptDot("without the dot")
}

// askService asks all questions.
func (x *examination) askService(ctx context.Context) Row {
	differ := 0
	for _, q := range questions {
		a := Answer{q.text, q.model, q.emulator, answerOf(q.ask(ctx, x))}
		x.answers = append(x.answers, a)
		if a.Model != a.Here {
			differ++
		}
	}
	return ok(fmt.Sprintf("%d questions asked; %d answers are not the model's", len(questions), differ))
}

// answerOf puts an answer into words.
func answerOf(err error) string {
	var dot keptDot
	switch {
	case err == nil:
		return "done"
	case asKept(err, &dot):
		return string(dot)
	}
	return short(err)
}

func asKept(err error, to *keptDot) bool {
	k, is := err.(keptDot) //nolint:errorlint // it is never wrapped
	*to = k
	return is
}
