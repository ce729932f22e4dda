/// What the program's end tells its caller; 64, 65 and 78 are those of sysexits.h.
enum ExitStatus: Int32 {
    case success = 0
    /// The command did not do all of its work.
    case failure = 1
    /// The command line makes no sense.
    case usage = 64
    /// An archive is damaged or is none; nothing was changed.
    case damagedData = 65
    /// The environment is not usable.
    case configuration = 78
}
