using System.Globalization;
using System.Net;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.AppHost.Tour;

/// <summary>Hands the file to catalog in pieces, and goes on after a cut where catalog has it.</summary>
internal sealed class TourUpload(TourSession platform, TourMemory memory, string path)
{
    private const string Step = "upload";
    private const int PieceBytes = 4 << 20;

    public async Task<Guid> SendAsync(CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var upload = await FindAsync(cancellationToken) ?? await StartAsync(file.Length, cancellationToken);
        while (upload.Offset < file.Length)
        {
            upload = await SendPieceAsync(file, upload, cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Step,-14} {100.0 * upload.Offset / file.Length,3:0} %  {upload.Offset} of {file.Length} bytes"));
        }

        if (!upload.Complete)
        {
            using var response = await platform.PostAsync($"api/catalog/uploads/{upload.Id}/complete", new { }, cancellationToken);
            await platform.ReadAsync<UploadView>(response, Step, cancellationToken);
        }

        return upload.Id;
    }

    private async Task<UploadView?> FindAsync(CancellationToken cancellationToken)
    {
        if (memory.UploadId is not { } id)
        {
            return null;
        }

        using var response = await platform.GetAsync($"api/catalog/uploads/{id}", cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await platform.ReadAsync<UploadView>(response, Step, cancellationToken);
    }

    private async Task<UploadView> StartAsync(long size, CancellationToken cancellationToken)
    {
        using var response = await platform.PostAsync(
            "api/catalog/uploads", new StartUpload { FileName = Path.GetFileName(path), SizeBytes = size }, cancellationToken);
        var upload = await platform.ReadAsync<UploadView>(response, Step, cancellationToken);
        memory.UploadId = upload.Id;
        return upload;
    }

    private async Task<UploadView> SendPieceAsync(FileStream file, UploadView upload, CancellationToken cancellationToken)
    {
        var piece = new byte[Math.Min(PieceBytes, file.Length - upload.Offset)];
        file.Position = upload.Offset;
        await file.ReadExactlyAsync(piece, cancellationToken);
        using var response = await platform.SendAsync(() => Patch(upload, piece), cancellationToken);
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.Conflict)
        {
            throw new TourFailedException(Step, await TourSession.ProblemOfAsync(response, cancellationToken));
        }

        // Asked, not reckoned: a repeat after a cut may find its bytes already there.
        using var state = await platform.GetAsync($"api/catalog/uploads/{upload.Id}", cancellationToken);
        return await platform.ReadAsync<UploadView>(state, Step, cancellationToken);
    }

    private static HttpRequestMessage Patch(UploadView upload, byte[] piece)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, $"api/catalog/uploads/{upload.Id}") { Content = new ByteArrayContent(piece) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.Add("Upload-Offset", upload.Offset.ToString(CultureInfo.InvariantCulture));
        return request;
    }
}
