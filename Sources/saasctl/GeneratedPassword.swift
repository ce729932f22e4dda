import Crypto
import Domain

/// A password for somebody who was given none: for the first login, not for long.
enum GeneratedPassword {
    /// For so long it opens the account, unless its user has changed it.
    static let lifetime: Duration = .seconds(72 * 3600)
    static let advice = "it opens the account for 72 hours; its user is to change it (PUT /api/users/me/password)"

    /// Without letters and digits that look like others.
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")

    /// 20 random characters, 116 bits.
    static func make() -> Password {
        while true {
            // Bytes past the last whole multiple are left out, or some characters would be likelier than others.
            let bytes = Random.bytes(64).filter { Int($0) < 256 / alphabet.count * alphabet.count }
            let text = String(bytes.prefix(20).map { alphabet[Int($0) % alphabet.count] })
            // Now and then a draw has no digit, or too many bytes were left out.
            if text.count == 20, let password = try? Password(text) { return password }
        }
    }
}
