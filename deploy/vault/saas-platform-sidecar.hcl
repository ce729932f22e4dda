# What the upload sidecar may do: read the keys of the object store, which stand in a secret of their own
# (VAULT_SECRET_PATH=secret/saas-platform-sidecar in its environment). It learns neither the token secret nor the
# database's password.
path "secret/data/saas-platform-sidecar" {
  capabilities = ["read"]
}
