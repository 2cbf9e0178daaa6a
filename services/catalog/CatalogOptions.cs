using System.ComponentModel.DataAnnotations;

namespace InternPlatform.Catalog;

/// <summary>What an operator may set for catalog: section <c>Catalog</c>.</summary>
internal sealed class CatalogOptions
{
    public const string Section = "Catalog";

    /// <summary>Largest file that may be uploaded.</summary>
    [Range(1L, long.MaxValue)]
    public long LongestUploadBytes { get; set; } = 64L << 30;

    /// <summary>Most that one PATCH may carry; a longer file comes in several.</summary>
    [Range(1L << 10, long.MaxValue)]
    public long LongestPieceBytes { get; set; } = 4L << 30;
}
