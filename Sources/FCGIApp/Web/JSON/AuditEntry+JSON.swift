package import Base
import Contract
package import Domain

extension AuditEntry: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("created_at", time)
            json.member("actor_id", actorID)
            json.member("action", action.rawValue)
            json.member("target_id", target)
            json.member("result", result.rawValue)
            json.member("error_code", errorCode)
            json.member("address", origin.address)
            json.member("request_id", origin.requestID)
            json.member("details", JSONValue.object(details))
        }
    }
}
