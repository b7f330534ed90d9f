// Package chart holds the checks of what deploys dakasync, that need no cluster and no registry: the Helm chart in
// deploy/helm/dakasync, .goreleaser.yaml, and what docs/deployment.md says of them.
//
// The chart is rendered with Helm's own library for every file in its ci folder, its schema of values included. Every object
// is decoded strictly into Kubernetes' types (an unknown field is a fault), judged by Kubernetes' own Pod Security checks and
// by ours, and what a container is given is read by package config as the process would read it. KEDA's objects are decoded
// into types of ours that name what KEDA 2.22 documents; nobody has asked a KEDA.
//
// Whether a cluster admits the objects is not shown: Kubernetes' further validation lives in its server.
package chart
