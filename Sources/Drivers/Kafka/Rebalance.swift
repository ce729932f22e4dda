/// What a consumer's group decided about its partitions.
package enum Rebalance: Sendable {
    /// These are ours now; reading goes on after the last committed offset.
    case assigned([Partition])
    /// These go to another member. The offsets stored so far have been committed.
    case revoked([Partition])
    /// These went to another member already, as after a too long pause: nothing can be committed for them.
    case lost([Partition])

    package struct Partition: Sendable, Hashable {
        package let topic: String
        package let partition: Int32
    }
}
