namespace InternPlatform.Portal.Components;

/// <summary>A variant in the chart of size against perplexity.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Bytes">Of its weights.</param>
/// <param name="Perplexity">Over the same tokens as the others.</param>
/// <param name="Bits">Of one weight; sets the size of the point.</param>
public sealed record VariantPoint(string Name, double Bytes, double Perplexity, double Bits)
{
    /// <summary>The bytes as people read them.</summary>
    public string Size => Format.Bytes((long)Bytes);
}
