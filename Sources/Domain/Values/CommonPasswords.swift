/// The passwords that guessers try first, of those that the policy would admit otherwise.
enum CommonPasswords {
    private static let all = Set("\(words)".split { $0 == " " || $0 == "\n" })

    /// Whether the password is common, in any case, also with signs appended.
    static func contains(_ password: String) -> Bool {
        let lower = password.lowercased()[...]
        var bare = lower
        while let last = bare.last, !last.isLetter, !last.isNumber { bare.removeLast() }
        return all.contains(lower) || all.contains(bare)
    }
}
