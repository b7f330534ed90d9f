package dingtalk

import (
	"strconv"
	"strings"
)

// kindOfOldCode judges the codes of the old envelope
// (server-api-error-codes-1, how-to-process-api-throttling-on-the-dingtalk-server).
// The code is the sub_code where there is one.
func kindOfOldCode(code string) (Kind, bool) {
	switch code {
	case "40000", "40001", "40014", "41001", "42001": // 40000 is "access_token is blank"
		return KindInvalidToken, true
	case "40089", "40096": // seen for a wrong AppKey or AppSecret; 40096 is in no table
		return KindCredentials, true
	case "60011", "50001", "50002", "50003", "50004": // no permission; outside the app's visible range
		return KindPermissionMissing, true
	case "60020":
		return KindIPNotAllowed, true
	case "90020", "20001": // 20001 is the push side's word for it
		return KindQuotaSpent, true
	case "60121", "33012", "60003":
		return KindNotFound, true
	case "850002":
		return KindTooOld, true
	case "-1", "15", "88", "500", "503": // 88 alone is a time-out of DingTalk's own authentication
		return KindTransient, true
	case "22", "40035", "40068", "40069", "41041", "400002", "850012", "850015":
		return KindInvalidRequest, true
	}
	if strings.HasPrefix(code, "isp.") || strings.HasPrefix(code, "isp-") {
		return KindTransient, true // a backend behind the gateway
	}
	const firstThrottle, lastThrottle = 90001, 90019 // by app, corp, suite, API, and their combinations
	if n, err := strconv.Atoi(code); err == nil && n >= firstThrottle && n <= lastThrottle {
		return KindThrottled, true
	}
	return "", false
}

// kindOfNewCode judges the codes of the new envelope
// (how-to-process-api-throttling-on-the-dingtalk-server,
// obtains-the-details-of-a-single-approval-instance-pop).
func kindOfNewCode(code string) (Kind, bool) {
	lower := strings.ToLower(code)
	switch lower {
	case "invalidauthentication", "authenticationfailed.missingparameter":
		return KindInvalidToken, true
	case "invalidclientidorsecret", "authfailed", "invalid.client", "unauthorized.client", "unsupported.grant.type":
		return KindCredentials, true
	case "processinstancenotexist", "processinstanceiderror":
		return KindNotFound, true
	case "needauth":
		return KindPermissionMissing, true
	case "systemerror", "unknownerror", "internalerror", "serviceunavailable", "system.error":
		return KindTransient, true
	}
	for _, family := range []struct {
		part string
		kind Kind
	}{
		{"qpslimit", KindThrottled},
		{"qpmlimit", KindThrottled},
		{"apicountlimit", KindQuotaSpent},
		{"ipnotinwhitelist", KindIPNotAllowed},
		{"accesstokenpermissiondenied", KindPermissionMissing},
		{"authenticationfailed", KindInvalidToken},
		{"forbidden.accessdenied", KindPermissionMissing},
		{"throttling", KindThrottled},
	} {
		if strings.Contains(lower, family.part) {
			return family.kind, true
		}
	}
	return "", false
}
