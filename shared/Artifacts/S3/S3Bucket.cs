using System.Net;
using System.Runtime.CompilerServices;
using Minio;
using Minio.DataModel.Args;
using Minio.Exceptions;

namespace InternPlatform.Artifacts.S3;

/// <summary>
/// What the store asks of a bucket. One detour past the client: it cannot put an object only where there is none, so that goes by a presigned
/// address with <c>If-None-Match: *</c>.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(5);

    private readonly S3Location location;
    private readonly HttpClient http;
    private readonly IMinioClient client;

    public S3Bucket(S3Location location)
    {
        this.location = location;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        client = new MinioClient()
            .WithEndpoint(location.Server.Host, location.Server.Port)
            .WithSSL(location.Server.Scheme == "https")
            .WithCredentials(location.AccessKey, location.SecretKey)
            // Asked for otherwise before the first call; servers of one region call it so.
            .WithRegion("us-east-1")
            .WithHttpClient(http)
            .Build();
    }

    public void Dispose()
    {
        client.Dispose();
        http.Dispose();
    }

    /// <summary>Makes the bucket where the server has none.</summary>
    public Task EnsureAsync(CancellationToken cancellationToken) => CallAsync(async () =>
    {
        if (!await client.BucketExistsAsync(new BucketExistsArgs().WithBucket(location.Bucket), cancellationToken))
        {
            await client.MakeBucketAsync(new MakeBucketArgs().WithBucket(location.Bucket), cancellationToken);
        }

        return true;
    });

    public Task CheckAsync(CancellationToken cancellationToken) => CallAsync(async () =>
        await client.BucketExistsAsync(new BucketExistsArgs().WithBucket(location.Bucket), cancellationToken) ? true : throw NoBucket(null));

    public Task PutAsync(string key, Stream content, CancellationToken cancellationToken) => CallAsync(() => client.PutObjectAsync(
        new PutObjectArgs().WithBucket(location.Bucket).WithObject(key).WithStreamData(content).WithObjectSize(content.Length).WithContentType("application/octet-stream"),
        cancellationToken));

    public Task PutEmptyAsync(string key, CancellationToken cancellationToken) => PutAsync(key, new MemoryStream(), cancellationToken);

    /// <returns>False where there was one already.</returns>
    public Task<bool> PutNewAsync(string key, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        var address = await client.PresignedPutObjectAsync(new PresignedPutObjectArgs().WithBucket(location.Bucket).WithObject(key).WithExpiry((int)Expiry.TotalSeconds));
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new ByteArrayContent([]) };
        request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode is not (HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict) && response.EnsureSuccessStatusCode().IsSuccessStatusCode;
    });

    /// <returns>False where there is no such object; nothing was read then.</returns>
    public Task<bool> ReadAsync(string key, Func<Stream, CancellationToken, Task> read, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await client.GetObjectAsync(new GetObjectArgs().WithBucket(location.Bucket).WithObject(key).WithCallbackStream(read), cancellationToken);
        return true;
    }, missing: false);

    /// <returns>Bytes; null where there is no such object.</returns>
    public Task<long?> SizeAsync(string key, CancellationToken cancellationToken) => CallAsync(
        async () => (long?)(await client.StatObjectAsync(new StatObjectArgs().WithBucket(location.Bucket).WithObject(key), cancellationToken)).Size, missing: null);

    /// <returns>False where there is nothing to copy.</returns>
    public Task<bool> CopyAsync(string from, string to, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        var source = new CopySourceObjectArgs().WithBucket(location.Bucket).WithObject(from);
        await client.CopyObjectAsync(new CopyObjectArgs().WithBucket(location.Bucket).WithObject(to).WithCopyObjectSource(source), cancellationToken);
        return true;
    }, missing: false);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await client.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(location.Bucket).WithObject(key), cancellationToken);
        return true;
    }, missing: true);

    public async IAsyncEnumerable<S3Object> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var items = client
            .ListObjectsEnumAsync(new ListObjectsArgs().WithBucket(location.Bucket).WithPrefix(prefix).WithRecursive(true), cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await CallAsync(async () => await items.MoveNextAsync()))
        {
            yield return new S3Object(items.Current.Key, (long)items.Current.Size, items.Current.LastModifiedDateTime ?? default);
        }
    }

    private StoreUnreachableException NoBucket(Exception? inner) => new(location.Shown, "it has no such bucket", inner);

    private Task<T> CallAsync<T>(Func<Task<T>> call) => CallAsync(call, _ => throw new StoreUnreachableException(location.Shown, "an object that was just there is gone", _));

    private Task<T> CallAsync<T>(Func<Task<T>> call, T missing) => CallAsync(call, _ => missing);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, Func<Exception, T> whenMissing)
    {
        try
        {
            return await call();
        }
        catch (ObjectNotFoundException e)
        {
            return whenMissing(e);
        }
        catch (BucketNotFoundException e)
        {
            throw NoBucket(e);
        }
        catch (Exception e) when (e is AccessDeniedException or AuthorizationException)
        {
            throw new StoreUnreachableException(location.Shown, "the server refuses the access key or its secret", e);
        }
        catch (Exception e) when (e is MinioException or HttpRequestException)
        {
            throw new StoreUnreachableException(location.Shown, e.Message, e) { MayPass = true };
        }
    }
}

/// <summary>An object as a listing tells it.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Changed">By the server's clock.</param>
internal sealed record S3Object(string Key, long Size, DateTime Changed);
