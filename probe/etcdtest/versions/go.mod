// The modules of the versions are in the module files beside this one; this one keeps them out of etcdoc's.
module github.com/etcdoc/etcdoc/probe/etcdtest/versions

go 1.26.0
