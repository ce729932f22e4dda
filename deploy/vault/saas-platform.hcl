# What the application, the event worker and saasctl may do in Vault: read their secret, nothing else.
#
#   vault policy write saas-platform deploy/vault/saas-platform.hcl
#   vault write auth/approle/role/saas-platform token_policies=saas-platform \
#     token_ttl=1h token_max_ttl=24h secret_id_num_uses=0
#
# Renewing and looking up the own token is allowed by Vault's policy "default".
path "secret/data/saas-platform" {
  capabilities = ["read"]
}
