package service

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// secret stands for every secret: it is in each credential, and in each answer.
const secret = "918273645546372819"

// answers is an account and an identity provider in one, both of which tell secrets
// in their answers, and refuse what isn't for a token.
type answers struct{ asked *bytes.Buffer }

func (a answers) Do(req *http.Request) (*http.Response, error) {
	a.asked.WriteString(req.URL.String() + " " + req.Header.Get("Authorization") + "\n")
	header := http.Header{
		"Content-Type": {"application/json"}, "X-Ms-Request-Id": {"1"},
		"Location": {"https://a.example/?sig=" + secret}, "Www-Authenticate": {"Bearer " + secret}, "X-Ms-Copy-Source": {"https://a.example/?sig=" + secret},
	}
	status, body := http.StatusOK, `{"access_token":"`+secret+`","expires_in":3600,"token_type":"Bearer",
		"token_endpoint":"https://login.microsoftonline.com/t/oauth2/v2.0/token","authorization_endpoint":"https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
		"issuer":"https://login.microsoftonline.com/t/v2.0","tenant_discovery_endpoint":"https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration"}`
	if strings.Contains(req.URL.Host, ".blob.") {
		status, body = http.StatusForbidden, secret
		header.Set("X-Ms-Error-Code", "AuthenticationFailed")
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// The log of debug_log holds no secret, whatever the credentials.
// Not parallel: the log is the process's.
func TestDebugLogHoldsNoSecret(t *testing.T) {
	base := config.Settings{
		AccountName: "account", ServiceURL: "https://account.blob.core.windows.net", Container: "registry",
		TryTimeout: 10 * time.Second, RetryBudget: time.Minute, MaxRetryDelay: time.Second,
		DebugLog: []string{"request", "response", "responseError", "retry"},
	}
	for name, with := range map[string]func(*config.Settings){
		"account key":             func(s *config.Settings) { s.Credentials, s.AccountKey = config.SharedKey, "OTE4MjczNjQ1NTQ2MzcyODE5" },
		"shared access signature": func(s *config.Settings) { s.Credentials, s.SAS = config.SASToken, "sv=2024-11-04&sig="+secret },
		"service principal": func(s *config.Settings) {
			s.Credentials, s.TenantID, s.ClientID, s.Secret = config.ClientSecret, "t", "i", secret
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := base
			with(&s)
			var log, asked bytes.Buffer
			logger := logrus.StandardLogger()
			out := logger.Out
			logger.SetOutput(&log)
			defer logger.SetOutput(out)

			c, err := New(s, answers{&asked})
			if err != nil {
				t.Fatal(err)
			}
			if s.Credentials == config.ClientSecret {
				principal, err := azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, s.Secret, &azidentity.ClientSecretCredentialOptions{
					ClientOptions: azcore.ClientOptions{Transport: answers{&asked}, PerCallPolicies: debugPolicies(s.DebugLog)},
				})
				if err != nil {
					t.Fatal(err)
				}
				c.tokens.credential = principal
			}
			if _, err := c.Properties(t.Context(), "blob"); err == nil {
				t.Error("nothing was refused")
			}
			_, err = c.Open(t.Context(), "blob", 0)
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("error: %v", err)
			}
			if !strings.Contains(log.String(), "answer from Azure") || !strings.Contains(log.String(), "AuthenticationFailed") {
				t.Errorf("not logged: %s", &log)
			}
			for _, hidden := range []string{secret, s.AccountKey, "SharedKey account:", "Bearer "} {
				if hidden != "" && strings.Contains(log.String(), hidden) {
					t.Errorf("%q is in the log: %s", hidden, &log)
				}
			}
			if s.Credentials != config.SharedKey && !strings.Contains(asked.String(), secret) {
				t.Errorf("the secret was in no request: %s", &asked)
			}
		})
	}
}

var _ policy.Transporter = answers{}

// busyOnce turns the first request away.
type busyOnce struct{ requests int }

func (b *busyOnce) Do(req *http.Request) (*http.Response, error) {
	b.requests++
	resp := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req, Header: http.Header{
		"X-Ms-Request-Id": {"1"}, "Etag": {`"1"`}, "X-Ms-Blob-Type": {"BlockBlob"},
	}}
	if b.requests == 1 {
		resp.StatusCode = http.StatusServiceUnavailable
		resp.Header.Set("X-Ms-Error-Code", "ServerBusy")
	}
	return resp, nil
}

// What debug_log_events names is logged, each event by itself.
func TestDebugLogEvents(t *testing.T) {
	lines := map[string]string{
		"request": "request to Azure\"", "response": "answer from Azure", "responseError": "status=503", "retry": "request to Azure is sent again",
	}
	for event, line := range lines {
		t.Run(event, func(t *testing.T) {
			var log bytes.Buffer
			logger := logrus.StandardLogger()
			out := logger.Out
			logger.SetOutput(&log)
			defer logger.SetOutput(out)
			c, err := New(config.Settings{
				AccountName: "account", AccountKey: "a2V5", ServiceURL: "https://account.blob.core.windows.net", Container: "registry",
				Credentials: config.SharedKey, TryTimeout: time.Minute, RetryBudget: time.Minute, MaxRetries: 3, RetryDelay: time.Millisecond,
				MaxRetryDelay: time.Millisecond, DebugLog: []string{event},
			}, &busyOnce{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Properties(t.Context(), "blob"); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), line) {
				t.Errorf("%q is not in the log: %s", line, &log)
			}
			if other := lines["retry"]; event != "retry" && strings.Contains(log.String(), other) {
				t.Errorf("%q is in the log: %s", other, &log)
			}
		})
	}
}
