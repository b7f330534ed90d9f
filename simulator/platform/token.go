package platform

import (
	"net/http"
	"time"
)

// issue returns the app's token: the same one while it is valid, and valid for longer from now.
func (p *Platform) issue() (string, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.token == "" || !now.Before(p.tokenUntil) {
		p.token = unique(16)
	}
	p.tokenUntil = now.Add(p.settings.TokenLife)
	return p.token, int(p.settings.TokenLife / time.Second)
}

// InvalidateToken makes the present token worthless before its time.
func (p *Platform) InvalidateToken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = ""
}

func (p *Platform) validToken(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return token != "" && token == p.token && p.now().Before(p.tokenUntil)
}

// authorized checks the token where the generation wants it: the old one in the query or a body field, never a header; the new one
// in its header only.
func (c *call) authorized(g generation) bool {
	if g == modern {
		token := c.request.Header.Get("X-Acs-Dingtalk-Access-Token")
		switch {
		case token == "":
			c.refuseNew(http.StatusBadRequest, "AuthenticationFailed.MissingParameter", "缺少参数：x-acs-dingtalk-access-token")
			return false
		case !c.platform.validToken(token):
			c.refuseNew(http.StatusBadRequest, "InvalidAuthentication", "不合法的access_token")
			return false
		}
		return true
	}
	token := c.request.URL.Query().Get("access_token")
	if token == "" {
		var body struct {
			AccessToken text `json:"access_token"`
		}
		_ = c.decode(&body)
		token = string(body.AccessToken)
	}
	switch {
	case token == "":
		c.refuseWrapped("40000", "access_token is blank")
		return false
	case !c.platform.validToken(token):
		c.refuseWrapped("40014", "不合法的access_token")
		return false
	}
	return true
}

// accessToken is `obtain-the-access-token-of-an-internal-app`.
func (p *Platform) accessToken(c *call) {
	var request struct {
		AppKey    string `json:"appKey"`
		AppSecret string `json:"appSecret"`
	}
	if len(c.body) == 0 || !c.decode(&request) {
		c.refuseNew(http.StatusBadRequest, "MissingBody", "body is mandatory for this action")
		return
	}
	if request.AppKey != p.clientID || request.AppSecret != p.clientSecret {
		c.refuseNew(http.StatusBadRequest, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
		return
	}
	token, expires := p.issue()
	c.answer(map[string]any{"accessToken": token, "expireIn": expires})
}

// corpToken is POST /v1.0/oauth2/{corpId}/token.
func (p *Platform) corpToken(c *call) {
	var request struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		GrantType    string `json:"grant_type"`
	}
	_ = c.decode(&request)
	switch {
	case c.request.PathValue("corpId") != p.company.CorpID():
		c.refuseNew(http.StatusInternalServerError, "unknownError", "未知错误")
	case request.GrantType != "client_credentials":
		c.refuseNew(http.StatusBadRequest, "unsupported.grant.type", "不支持的grant_type")
	case request.ClientID != p.clientID || request.ClientSecret != p.clientSecret:
		c.refuseNew(http.StatusBadRequest, "invalid.client", "无效的client")
	default:
		token, expires := p.issue()
		c.answer(map[string]any{"access_token": token, "expires_in": expires})
	}
}

// getToken is `obtain-orgapp-token`; its errors are not wrapped in 88.
func (p *Platform) getToken(c *call) {
	query := c.request.URL.Query()
	switch key := query.Get("appkey"); {
	case key == "":
		c.refuseOld(40035, "缺少参数 corpid or appkey")
	case key != p.clientID || query.Get("appsecret") != p.clientSecret:
		c.refuseOld(40096, "不合法的appKey或appSecret")
	default:
		token, expires := p.issue()
		c.answer(map[string]any{"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": expires})
	}
}
