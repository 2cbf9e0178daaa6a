using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Import;

/// <summary><see cref="ImportDataset"/> as it is stored: with the upload's blob and name, which the child cannot look up.</summary>
internal sealed record ImportSpec
{
    public required string Name { get; init; }
    public Guid? UploadId { get; init; }
    public SampleSource? Sample { get; init; }
    public string? Format { get; init; }
    public string? Keep { get; init; }

    /// <summary>Filled in by catalog, whatever a caller sends.</summary>
    public StoredUpload? Upload { get; init; }

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(ImportSpec spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        if (ObjectName.Refusal(spec.Name) is { } reason)
        {
            return Problems.InvalidName(spec.Name, reason);
        }

        if (spec.UploadId is null == spec.Sample is null)
        {
            return Problems.SourceMissing();
        }

        if (spec.Format is { } format && !ImportFormat.Names.Contains(format))
        {
            return Problems.UnknownFormat(format);
        }

        if (spec.Keep is { } keep && !KeptAs.Names.Contains(keep))
        {
            return Problems.InvalidSpec("keep", $"It is one of {string.Join(", ", KeptAs.Names)}, or left out.");
        }

        if (spec.Sample is { } sample && SampleRows.Refusal(sample) is var (field, what))
        {
            return Problems.InvalidSpec(field, what);
        }

        return spec.UploadId is { } id ? await RefuseUploadAsync(id, db, cancellationToken) : null;
    }

    public static async ValueTask<ImportSpec> PrepareAsync(ImportSpec spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        var upload = spec.UploadId is { } id ? await db.Uploads.SingleAsync(row => row.Id == id, cancellationToken) : null;
        return spec with { Upload = upload is null ? null : new StoredUpload(upload.Digest!, upload.FileName) };
    }

    private static async Task<ProblemHttpResult?> RefuseUploadAsync(Guid id, CatalogDb db, CancellationToken cancellationToken) =>
        await db.Uploads.SingleOrDefaultAsync(upload => upload.Id == id, cancellationToken) switch
        {
            null => Problems.UploadNotFound(),
            { Digest: null } => Problems.UploadNotComplete(),
            _ => null,
        };
}

/// <summary>A complete upload.</summary>
/// <param name="Digest">Its blob.</param>
/// <param name="FileName">The name that its owner gave.</param>
internal sealed record StoredUpload(string Digest, string FileName);
