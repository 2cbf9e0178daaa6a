namespace InternPlatform.Identity;

/// <summary>Tokens that sign in once, within ten minutes.</summary>
internal static class OneTimeTokens
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static (string Token, OneTimeTokenRow Row) New(Guid userId, TimeProvider time)
    {
        var token = Secrets.NewToken();
        return (token, new OneTimeTokenRow
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            UserId = userId,
            Digest = Secrets.Digest(token),
            ExpiresAt = time.GetUtcNow() + Lifetime,
        });
    }
}
