/// What a token is for.
package enum TokenType: String, Sendable {
    case access
    case refresh
}
