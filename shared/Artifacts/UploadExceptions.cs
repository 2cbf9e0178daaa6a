namespace InternPlatform.Artifacts;

/// <summary>No upload of that id: it was never started, or it was deleted.</summary>
public sealed class UploadNotFoundException(Guid id) : ArtifactException($"There is no upload {id}. Start a new one.")
{
    public Guid Id { get; } = id;
}

/// <summary>The bytes do not follow the ones that are stored.</summary>
public sealed class WrongUploadOffsetException(Guid id, long expected, long given)
    : ArtifactException($"Upload {id} goes on at byte {expected}, not at {given}. Send the bytes from {expected} on.")
{
    public Guid Id { get; } = id;
    public long Expected { get; } = expected;
    public long Given { get; } = given;
}

/// <summary>More bytes came than were announced. None of that piece were kept.</summary>
public sealed class UploadTooLargeException(Guid id, long announced)
    : ArtifactException($"Upload {id} was announced with {announced} bytes and more were sent. Start a new upload with the right size.")
{
    public Guid Id { get; } = id;
    public long Announced { get; } = announced;
}

/// <summary>Bytes are still missing.</summary>
public sealed class UploadIncompleteException(Guid id, long announced, long stored)
    : ArtifactException($"Upload {id} has {stored} of {announced} bytes. Send the rest from byte {stored} on.")
{
    public Guid Id { get; } = id;
    public long Announced { get; } = announced;
    public long Stored { get; } = stored;
}

/// <summary>Another request is writing to this upload.</summary>
public sealed class UploadBusyException(Guid id) : ArtifactException($"Upload {id} is being written by another request. Ask for its offset and go on from there.")
{
    public Guid Id { get; } = id;
}
