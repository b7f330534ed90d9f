package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// goreleaser is what .goreleaser.yaml uses of GoReleaser 2.16's configuration; its own package would bring three hundred
// modules. A word that is not here is refused.
type goreleaser struct {
	Version     int      `yaml:"version"`
	ProjectName string   `yaml:"project_name"`
	Env         []string `yaml:"env"`
	Before      struct {
		Hooks []string `yaml:"hooks"`
	} `yaml:"before"`
	Builds []struct {
		ID           string   `yaml:"id"`
		Main         string   `yaml:"main"`
		Binary       string   `yaml:"binary"`
		Goos         []string `yaml:"goos"`
		Goarch       []string `yaml:"goarch"`
		Flags        []string `yaml:"flags"`
		Ldflags      []string `yaml:"ldflags"`
		ModTimestamp string   `yaml:"mod_timestamp"`
	} `yaml:"builds"`
	Archives []struct {
		IDs          []string `yaml:"ids"`
		Formats      []string `yaml:"formats"`
		NameTemplate string   `yaml:"name_template"`
		Files        []string `yaml:"files"`
	} `yaml:"archives"`
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
		Algorithm    string `yaml:"algorithm"`
	} `yaml:"checksum"`
	SBOMs []struct {
		Artifacts string   `yaml:"artifacts"`
		Documents []string `yaml:"documents"`
	} `yaml:"sboms"`
	Docker []struct {
		IDs        []string          `yaml:"ids"`
		Images     []string          `yaml:"images"`
		Tags       []string          `yaml:"tags"`
		Dockerfile string            `yaml:"dockerfile"`
		Platforms  []string          `yaml:"platforms"`
		BuildArgs  map[string]string `yaml:"build_args"`
		Labels     map[string]string `yaml:"labels"`
		SBOM       string            `yaml:"sbom"`
	} `yaml:"dockers_v2"`
	Changelog struct {
		Disable string `yaml:"disable"`
	} `yaml:"changelog"`
	Release struct {
		Disable string `yaml:"disable"`
	} `yaml:"release"`
}

func (g *goreleaser) faults() []string {
	var f findings
	if g.Version != 2 {
		f.addf("version %d", g.Version)
	}
	for _, setting := range []string{"GOWORK=off", "CGO_ENABLED=0"} {
		if !slices.Contains(g.Env, setting) {
			f.addf("%s is not set", setting)
		}
	}
	var ids []string
	for _, b := range g.Builds {
		ids = append(ids, b.ID)
		if b.Main != "./"+b.ID || b.Binary != b.ID {
			f.addf("%s: builds %s as %s", b.ID, b.Main, b.Binary)
		}
		if _, err := os.Stat(filepath.Join(root, b.Main, "main.go")); err != nil {
			f.addf("%s: %v", b.ID, err)
		}
		if !slices.Equal(b.Goos, []string{"linux", "darwin"}) || !slices.Equal(b.Goarch, []string{"amd64", "arm64"}) {
			f.addf("%s: for %v on %v", b.ID, b.Goos, b.Goarch)
		}
		if !slices.Contains(b.Flags, "-trimpath") || b.ModTimestamp == "" {
			f.addf("%s: not reproducible", b.ID)
		}
	}
	for _, program := range programs {
		if !slices.Contains(ids, strings.TrimPrefix(program, "/bin/")) {
			f.addf("%s is not built", program)
		}
	}
	if g.Checksum.Algorithm != "sha256" || g.Checksum.NameTemplate == "" {
		f.addf("no checksums")
	}
	if len(g.SBOMs) == 0 || g.SBOMs[0].Artifacts != "archive" {
		f.addf("no SBOM")
	}
	for _, a := range g.Archives {
		if !slices.Equal(a.IDs, ids) {
			f.addf("an archive of %v", a.IDs)
		}
		for _, pattern := range a.Files {
			if some, err := filepath.Glob(filepath.Join(root, strings.ReplaceAll(pattern, "**/", ""))); err != nil || len(some) == 0 {
				f.addf("an archive wants %s, which is not there", pattern)
			}
		}
	}
	for _, d := range g.Docker {
		if !slices.Equal(d.IDs, ids) || d.Dockerfile != "Dockerfile" || d.BuildArgs["PROGRAMS"] != "given" || d.SBOM != "true" {
			f.addf("the image is not of what was built, with its SBOM")
		}
		if !slices.Equal(d.Platforms, []string{"linux/amd64", "linux/arm64"}) || !slices.Equal(d.Images, []string{"{{ .Env.IMAGE }}"}) {
			f.addf("the image is for %v at %v", d.Platforms, d.Images)
		}
	}
	if len(g.Docker) != 1 || len(g.Archives) != 1 {
		f.addf("one image and one archive")
	}
	return f
}

// parse reads as GoReleaser does: unknown words are faults.
func parse(text string) (*goreleaser, error) {
	var g goreleaser
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	return &g, decoder.Decode(&g)
}

func configured(t *testing.T) *goreleaser {
	t.Helper()
	g, err := parse(read(t, ".goreleaser.yaml"))
	require.NoError(t, err)
	return g
}

func TestAReleaseIsComplete(t *testing.T) {
	require.Empty(t, configured(t).faults())
	require.Contains(t, read(t, "Dockerfile"), "AS given\n", "the stage that takes what was built")
}

func TestAReleasesChecksCanFail(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*goreleaser)
		says  string
	}{
		"version":       {func(g *goreleaser) { g.Version = 1 }, "version 1"},
		"workspace":     {func(g *goreleaser) { g.Env = g.Env[1:] }, "GOWORK=off is not set"},
		"a main":        {func(g *goreleaser) { g.Builds[0].Main = "./dev" }, "worker: builds ./dev"},
		"no main":       {func(g *goreleaser) { g.Builds[0].Main = "./ops" }, "no such file"},
		"a system":      {func(g *goreleaser) { g.Builds[1].Goos = g.Builds[1].Goos[:1] }, "starter: for [linux]"},
		"paths":         {func(g *goreleaser) { g.Builds[2].Flags = nil }, "dakactl: not reproducible"},
		"a program":     {func(g *goreleaser) { g.Builds = g.Builds[:3] }, "/bin/simulator is not built"},
		"checksums":     {func(g *goreleaser) { g.Checksum.Algorithm = "md5" }, "no checksums"},
		"bill":          {func(g *goreleaser) { g.SBOMs = nil }, "no SBOM"},
		"archive":       {func(g *goreleaser) { g.Archives[0].IDs = nil }, "an archive of []"},
		"file":          {func(g *goreleaser) { g.Archives[0].Files = []string{"LICENCE"} }, "wants LICENCE"},
		"image":         {func(g *goreleaser) { g.Docker[0].BuildArgs = nil }, "not of what was built"},
		"platform":      {func(g *goreleaser) { g.Docker[0].Platforms = []string{"linux/386"} }, "the image is for [linux/386]"},
		"second images": {func(g *goreleaser) { g.Docker = append(g.Docker, g.Docker[0]) }, "one image"},
	} {
		t.Run(name, func(t *testing.T) {
			g := configured(t)
			test.spoil(g)
			require.Contains(t, join(g.faults()), test.says)
		})
	}
	_, err := parse("version: 2\nbuild: []\n")
	require.Error(t, err, "an unknown word")
}

// TestAReleaseSaysWhatItIs builds as the release and the image do, and asks the program.
func TestAReleaseSaysWhatItIs(t *testing.T) {
	var fromRelease string
	for _, b := range configured(t).Builds {
		require.Len(t, b.Ldflags, 1)
		fromRelease = strings.NewReplacer("{{ .Tag }}", "v1.2.3", "{{ .FullCommit }}", "0123abc").Replace(b.Ldflags[0])
		require.NotContains(t, fromRelease, "{{")
	}
	inImage := regexp.MustCompile(`-ldflags "([^"]+)"`).FindStringSubmatch(read(t, "Dockerfile"))
	require.NotNil(t, inImage)
	require.Equal(t, fromRelease, strings.NewReplacer("$RELEASE", "v1.2.3", "$REVISION", "0123abc").Replace(inImage[1]), "one way to say it")

	program := filepath.Join(t.TempDir(), "dakactl")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", fromRelease, "-o", program, "./dakactl")
	build.Dir = root
	build.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	said, err := exec.CommandContext(t.Context(), program, "--version").Output()
	require.NoError(t, err)
	require.Regexp(t, `^dakactl v1\.2\.3 revision 0123abc .*built with go[0-9.]+ for `+runtime.GOOS+"/"+runtime.GOARCH+"\n$", string(said))
}
