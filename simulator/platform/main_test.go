package platform_test

import (
	"testing"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/logger"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logger.GetLogger() // it is made at its first use, without a lock
	goleak.VerifyTestMain(m)
}
