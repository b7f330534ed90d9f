package privacy

import "strings"

// Keys are the names of the personal data that attendance does not need, in
// lower case and without underscores: coordinates, addresses, networks,
// devices, photos, and the remark that people type when they clock in outside.
// They are those of obtain-the-attendance-update-data,
// attendance-clock-in-record-is-open, employee-clock-in-event and
// watermark-punch-in.
func Keys() []string {
	return []string{
		"accuracy", "useraccuracy", "baseaccuracy",
		"address", "useraddress", "baseaddress",
		"lat", "latitude", "userlatitude", "baselatitude",
		"lng", "lon", "longitude", "userlongitude", "baselongitude",
		"positiondatamodel",
		"ssid", "userssid", "basessid", "wifissid",
		"mac", "macaddr", "usermac", "usermacaddr", "basemac", "basemacaddr", "bssid",
		"devicesn", "deviceid", "devicename", "imei",
		"photo", "photos", "photourl", "photourls", "watermarkmodel",
		"outsideremark",
	}
}

// personal is Keys for look-ups; it is never written after its making.
var personal = func() map[string]struct{} {
	set := make(map[string]struct{})
	for _, k := range Keys() {
		set[k] = struct{}{}
	}
	return set
}()

// Personal reports whether a key names personal data: user_address, UserAddress
// and userAddress are the same name.
func Personal(key string) bool {
	_, ok := personal[strings.ToLower(strings.ReplaceAll(key, "_", ""))]
	return ok
}
