package import Base
import Contract
package import Domain

extension TokenPair: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    func writeMembers(to json: inout JSONWriter) {
        json.member("access_token", access)
        json.member("refresh_token", refresh)
        json.member("token_type", "Bearer")
        json.member("expires_in", accessLifetime.components.seconds)
    }
}

extension Login: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            tokens.writeMembers(to: &json)
            json.member("user", user)
            json.member("tenants", memberships)
        }
    }
}
