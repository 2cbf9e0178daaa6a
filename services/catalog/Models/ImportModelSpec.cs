using InternPlatform.Catalog.Import;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary><see cref="ImportModel"/> as it is stored: with the uploads' blobs and names, which the child cannot look up.</summary>
internal sealed record ImportModelSpec
{
    private const int MostFiles = 500;

    /// <summary>What models are made of. Code that comes along with some is not run here, so it is not stored either.</summary>
    private static readonly string[] Kinds = [".safetensors", ".gguf", ".bin", ".json", ".jinja", ".model", ".txt", ".md"];

    public required string Name { get; init; }
    public required IReadOnlyList<Guid> UploadIds { get; init; }

    /// <summary>Filled in by catalog, whatever a caller sends.</summary>
    public IReadOnlyList<StoredUpload> Files { get; init; } = [];

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(ImportModelSpec spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        if (ObjectName.Refusal(spec.Name) is { } reason)
        {
            return Problems.InvalidName(spec.Name, reason);
        }

        if (spec.UploadIds.Count is 0 or > MostFiles)
        {
            return Problems.InvalidSpec("uploadIds", $"A model is made of 1 to {MostFiles} files.");
        }

        var uploads = await db.Uploads.Where(row => spec.UploadIds.Contains(row.Id)).ToListAsync(cancellationToken);
        if (uploads.Count < spec.UploadIds.Distinct().Count())
        {
            return Problems.UploadNotFound();
        }

        if (uploads.Exists(upload => upload.Digest is null))
        {
            return Problems.UploadNotComplete();
        }

        return RefuseNames([.. uploads.Select(upload => upload.FileName)]);
    }

    public static async ValueTask<ImportModelSpec> PrepareAsync(ImportModelSpec spec, CatalogDb db, Caller caller, CancellationToken cancellationToken) => spec with
    {
        Files = await db.Uploads.Where(row => spec.UploadIds.Contains(row.Id)).OrderBy(row => row.FileName)
            .Select(row => new StoredUpload(row.Digest!, row.FileName)).ToListAsync(cancellationToken),
    };

    private static ProblemHttpResult? RefuseNames(List<string> names)
    {
        if (names.Find(name => name.StartsWith('.') || !Kinds.Contains(Path.GetExtension(name))) is { } foreign)
        {
            return Problems.InvalidSpec("uploadIds", $"'{foreign}' is no part of a model that is read here: files end in {string.Join(", ", Kinds)}. Leave it out.");
        }

        return names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? Problems.InvalidSpec("uploadIds", $"'{twice.Key}' is there twice. A model's files have different names.")
            : null;
    }
}
