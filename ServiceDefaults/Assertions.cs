using System.Security.Claims;
using System.Security.Cryptography;
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

    private readonly ECDsa key;
    private readonly TimeProvider time;
    private readonly SigningCredentials credentials;
    private readonly JsonWebTokenHandler tokens = new() { SetDefaultTimesOnTokenCreation = false };

    public Assertions(PlatformOptions options, TimeProvider time)
    {
        this.time = time;
        key = AssertionKeyFile.ReadOrCreate(options.AssertionKey);
        var securityKey = new ECDsaSecurityKey(key)
        {
            KeyId = "platform",
            // Signers are cached by key id for the whole process otherwise, and outlive the host that owns the key.
            CryptoProviderFactory = new CryptoProviderFactory(),
        };
        credentials = new SigningCredentials(securityKey, SecurityAlgorithms.EcdsaSha256);
        Validation = new TokenValidationParameters
        {
            IssuerSigningKey = securityKey,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidAudience = Audience,
            // Whoever holds the key is a service of ours; its name is for the log.
            ValidateIssuer = false,
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(5),
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
            SigningCredentials = credentials,
            Claims = new Dictionary<string, object>
            {
                [UserIdClaim] = originator.UserId,
                [UserNameClaim] = originator.UserName,
                [ProjectClaim] = originator.ProjectId.ToString(),
                [ScopeClaim] = string.Join(' ', originator.Scopes),
            },
        });
    }

    public void Dispose() => key.Dispose();

    internal static IReadOnlyList<string> ScopesOf(ClaimsPrincipal user) =>
        user.FindFirstValue(ScopeClaim)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
