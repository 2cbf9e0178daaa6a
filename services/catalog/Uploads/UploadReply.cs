using System.Globalization;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Catalog.Uploads;

/// <summary>An upload as it is told, in the body and in the headers of the resumable-upload protocol.</summary>
internal static class UploadReply
{
    public const string OffsetHeader = "Upload-Offset";
    public const string LengthHeader = "Upload-Length";

    public static async Task<UploadView> ViewAsync(this CatalogFiles files, UploadRow upload, HttpResponse response, CancellationToken cancellationToken)
    {
        var offset = upload.Digest is null ? (await files.Uploads.StateAsync(upload.Id, cancellationToken)).Offset : upload.SizeBytes;
        response.Headers[OffsetHeader] = offset.ToString(CultureInfo.InvariantCulture);
        response.Headers[LengthHeader] = upload.SizeBytes.ToString(CultureInfo.InvariantCulture);
        response.Headers.CacheControl = "no-store";
        return new UploadView { Id = upload.Id, FileName = upload.FileName, SizeBytes = upload.SizeBytes, Offset = offset, Complete = upload.Digest is not null };
    }
}
