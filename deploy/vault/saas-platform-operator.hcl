# What `saasctl vault push` needs: to read the secret, to know its last version, and to write the next one.
path "secret/data/saas-platform" {
  capabilities = ["create", "read", "update"]
}

path "secret/metadata/saas-platform" {
  capabilities = ["read"]
}
