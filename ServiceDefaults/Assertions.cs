using System.Security.Claims;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// Service assertions: ES256, 60 seconds, the only thing besides health that services accept. The issuer is the service that calls,
/// the subject is the person it calls for: the originator's rights apply, never the service's.
/// </summary>
public sealed class Assertions : IDisposable
{
    public const string Audience = "intern-platform";
    public const string UserIdClaim = JwtRegisteredClaimNames.Sub;
    public const string UserNameClaim = JwtRegisteredClaimNames.Name;
    public const string ProjectClaim = "project";
    public const string ScopeClaim = "scope";
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>How far the clocks of two machines may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private readonly AssertionKeys keys;
    private readonly TimeProvider time;
    private readonly JsonWebTokenHandler tokens = new() { SetDefaultTimesOnTokenCreation = false };

    public Assertions(PlatformOptions options, TimeProvider time, ILogger<Assertions>? logger = null)
    {
        this.time = time;
        keys = new AssertionKeys(options.AssertionKey, time, logger ?? NullLogger<Assertions>.Instance);
        Validation = new TokenValidationParameters
        {
            IssuerSigningKeyResolver = (_, _, id, _) => keys.ToVerify(id),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidAudience = Audience,
            // Whoever holds the key is a service of ours; its name is for the log.
            ValidateIssuer = false,
            LifetimeValidator = (from, until, _, _) => time.GetUtcNow().UtcDateTime is var now && from - ClockSkew <= now && now < until + ClockSkew,
            NameClaimType = UserNameClaim,
        };
    }

    public TokenValidationParameters Validation { get; }

    public string Mint(string issuerService, Originator originator)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return tokens.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuerService,
            Audience = Audience,
            NotBefore = now,
            IssuedAt = now,
            Expires = now + Lifetime,
            SigningCredentials = keys.Signing,
            Claims = new Dictionary<string, object>
            {
                [UserIdClaim] = originator.UserId,
                [UserNameClaim] = originator.UserName,
                [ProjectClaim] = originator.ProjectId.ToString(),
                [ScopeClaim] = string.Join(' ', originator.Scopes),
            },
        });
    }

    public void Dispose() => keys.Dispose();

    internal static IReadOnlyList<string> ScopesOf(ClaimsPrincipal user) =>
        user.FindFirstValue(ScopeClaim)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
