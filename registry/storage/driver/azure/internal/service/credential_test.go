package service

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// identity is a token endpoint.
type identity struct {
	takes time.Duration
	lives time.Duration
	fails bool
	asked atomic.Int32
}

func (i *identity) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	i.asked.Add(1)
	select {
	case <-time.After(i.takes):
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
	if i.fails {
		return azcore.AccessToken{}, errors.New("503")
	}
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(i.lives)}, nil
}

var scope = policy.TokenRequestOptions{Scopes: []string{"storage"}}

// An identity endpoint may take longer than a request to storage.
func TestTokensHavePatienceOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &identity{takes: 15 * time.Second, lives: time.Hour}
		tokens := &tokens{credential: slow, patience: time.Minute}
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var unsent *TokenError
		if _, err := tokens.GetToken(short, scope); !errors.As(err, &unsent) {
			t.Errorf("after 10 s: %v", err)
		}
		if _, err := tokens.GetToken(t.Context(), scope); err != nil {
			t.Errorf("later: %v", err)
		}
		if n := slow.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// One request is under way, and the old token serves as long as it may.
func TestTokensAreRenewedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &identity{takes: time.Second, lives: 10 * time.Minute}
		tokens := &tokens{credential: slow, patience: time.Minute}
		if _, err := tokens.GetToken(t.Context(), scope); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		slow.fails = true
		for range 3 {
			start := time.Now()
			if _, err := tokens.GetToken(t.Context(), scope); err != nil || time.Since(start) != 0 {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		}
		synctest.Wait()
		if n := slow.asked.Load(); n != 2 {
			t.Errorf("asked %d times", n)
		}
		time.Sleep(5 * time.Minute)
		var unsent *TokenError
		if _, err := tokens.GetToken(t.Context(), scope); !errors.As(err, &unsent) {
			t.Errorf("the token has ended: %v", err)
		}
		slow.fails = false
		if _, err := tokens.GetToken(t.Context(), scope); err != nil {
			t.Errorf("a refusal is no conclusion for later calls: %v", err)
		}
	})
}
