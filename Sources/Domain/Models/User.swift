package import Base
package import Contract

/// A person who can log in.
package struct User: Equatable, Sendable {
    package let id: UserID
    package var firstName: PersonName
    package var lastName: PersonName
    package let email: EmailAddress
    package var isActive: Bool
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: UserID, firstName: PersonName, lastName: PersonName, email: EmailAddress, isActive: Bool,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.firstName = firstName
        self.lastName = lastName
        self.email = email
        self.isActive = isActive
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
