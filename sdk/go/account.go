package scanfleet

import "context"

type loginRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type registerRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type tokenRequest struct {
	Name   string  `json:"name"`
	Scopes []Scope `json:"scopes,omitempty"`
	Mode   KeyMode `json:"mode,omitempty"`
}

// Register makes a user of tier free; an address that is known already gets the same answer.
func (c *Client) Register(ctx context.Context, email, password string) (*Registered, error) {
	return do[Registered](ctx, c, "POST", "/auth/register", arguments{body: registerRequest{email, password}})
}

// Login logs in; from now on this client uses the token, which holds for ExpiresIn seconds.
func (c *Client) Login(ctx context.Context, email, password string) (*LoggedIn, error) {
	answer, err := do[LoggedIn](ctx, c, "POST", "/auth/login", arguments{body: loginRequest{email, password}})
	if err != nil {
		return nil, err
	}
	return answer, c.transport.use(string(answer.AccessToken))
}

// Verify tells who the log-in's token belongs to, and until when it holds.
func (c *Client) Verify(ctx context.Context) (*Verified, error) {
	return do[Verified](ctx, c, "GET", "/auth/verify", arguments{})
}

// Logout revokes the log-in's token; this client is a guest from now on.
func (c *Client) Logout(ctx context.Context) (*LoggedOut, error) {
	answer, err := do[LoggedOut](ctx, c, "POST", "/auth/logout", arguments{})
	if err != nil {
		return nil, err
	}
	return answer, c.transport.use("")
}

// ListTokens gives the user's API keys, newest first, without their secrets.
func (c *Client) ListTokens(ctx context.Context) (*TokenList, error) {
	return do[TokenList](ctx, c, "GET", "/tokens", arguments{})
}

// CreateTokenOptions of an API key: read-only and for real scans by default.
type CreateTokenOptions struct {
	Scopes []Scope
	Mode   KeyMode
}

// CreateToken makes an API key; the answer is the only one that holds its secret.
func (c *Client) CreateToken(ctx context.Context, name string, options CreateTokenOptions) (*TokenSecret, error) {
	body := tokenRequest{name, options.Scopes, options.Mode}
	return do[TokenSecret](ctx, c, "POST", "/tokens", arguments{body: body})
}

// RegenerateToken gives an API key a new secret; the old one stops working.
func (c *Client) RegenerateToken(ctx context.Context, tokenID string) (*TokenSecret, error) {
	return do[TokenSecret](ctx, c, "POST", "/tokens/{id}/regenerate", arguments{ids: ids(tokenID)})
}

// RevokeToken revokes an API key for good.
func (c *Client) RevokeToken(ctx context.Context, tokenID string) (*TokenItem, error) {
	return do[TokenItem](ctx, c, "DELETE", "/tokens/{id}", arguments{ids: ids(tokenID)})
}

// GetProfile tells who the caller is.
func (c *Client) GetProfile(ctx context.Context) (*Profile, error) {
	return do[Profile](ctx, c, "GET", "/user/profile", arguments{})
}

// GetUsage tells what is used up of the limits; asking uses nothing up.
func (c *Client) GetUsage(ctx context.Context) (*Usage, error) {
	return do[Usage](ctx, c, "GET", "/user/usage", arguments{})
}
