namespace InternPlatform.Contracts;

/// <summary>One page of a list; <see cref="NextCursor"/> is null on the last one.</summary>
public sealed record Page<T>
{
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Opaque; pass it back as <c>?cursor=</c>.</summary>
    public string? NextCursor { get; init; }
}
