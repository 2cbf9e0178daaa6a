using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Identity;

/// <summary>
/// <c>GET /api/identity/assertion-key</c>: the keys by which services know each other. <c>POST …/rotate</c> begins a new one; <see cref="AssertionKeyKeeper"/> does the rest.
/// </summary>
internal static class RotateAssertionKey
{
    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapGet("/assertion-key", Read).RequireScope(Scopes.Admin);
        identity.MapPost("/assertion-key/rotate", RotateAsync).RequireScope(Scopes.Admin);
    }

    private static Ok<AssertionKeysView> Read(AssertionKeyRotation rotation) => TypedResults.Ok(View(rotation));

    private static async Task<Results<Accepted<AssertionKeysView>, ProblemHttpResult>> RotateAsync(
        Caller caller, IdentityDb identity, AssertionKeyRotation rotation, TimeProvider time, CancellationToken cancellationToken)
    {
        // The audit first, undone by whatever happens to the file: no rotation without its line.
        await using var transaction = await identity.Database.BeginTransactionAsync(cancellationToken);
        identity.Record(caller, time, "assertion-key.rotate", null);
        await identity.SaveChangesAsync(cancellationToken);
        try
        {
            if (!await rotation.BeginAsync(cancellationToken))
            {
                return Problems.RotationPending();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Problems.KeyFileUnwritable(e.Message);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return TypedResults.Accepted("/api/identity/assertion-key", View(rotation));
    }

    private static AssertionKeysView View(AssertionKeyRotation rotation) => new()
    {
        Keys = [.. rotation.Keys().Select((key, at) => new AssertionKeyView { Id = key.Id, Signs = at == 0, Stage = Name(key.Stage), Since = key.Since })],
    };

    private static string Name(AssertionKeyStage stage) => stage switch
    {
        AssertionKeyStage.Next => "next",
        AssertionKeyStage.Former => "former",
        _ => "inUse",
    };
}
