using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using InternPlatform.Services.Tests.Hosting;
using InternPlatform.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Xunit;

namespace InternPlatform.Services.Tests.Identity;

/// <summary>The key by which services know each other is changed while they run. Two processes are two <see cref="Assertions"/>, which read the file at times of their own.</summary>
public sealed class AssertionKeyTests : IDisposable
{
    private static readonly Originator Anybody = new(Guid.NewGuid().ToString(), "anybody", Guid.NewGuid(), [Scopes.Read]);
    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider early = new(TimeProvider.System.GetUtcNow());
    private readonly FakeTimeProvider late = new(TimeProvider.System.GetUtcNow());
    private readonly PlatformOptions options;
    private readonly AssertionKeyRotation rotation;

    public AssertionKeyTests()
    {
        options = new PlatformOptions { AssertionKey = folder.File("assertion.pem") };
        rotation = new AssertionKeyRotation(options, late);
    }

    [Fact]
    public async Task No_call_fails_in_any_step_of_a_rotation()
    {
        using var first = New(early);
        using var second = New(late);
        var before = Kid(first.Mint("a", Anybody));
        await EachTakesTheOthersAsync(first, second);

        Assert.True(await rotation.BeginAsync(TestContext.Current.CancellationToken));
        await EachTakesTheOthersAsync(first, second);
        // The one reads at once, the other only after the spread.
        early.Advance(TimeSpan.FromSeconds(2));
        await EachTakesTheOthersAsync(first, second);
        late.Advance(AssertionKeyRotation.Spread);
        early.Advance(AssertionKeyRotation.Spread - TimeSpan.FromSeconds(3));
        Assert.Equal(before, Kid(second.Mint("b", Anybody)));

        Assert.NotNull(await StepAsync());
        await EachTakesTheOthersAsync(first, second);
        late.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(before, Kid(second.Mint("b", Anybody)));
        Assert.Equal(before, Kid(first.Mint("a", Anybody)));
        await EachTakesTheOthersAsync(first, second);
        early.Advance(TimeSpan.FromSeconds(2));
        await EachTakesTheOthersAsync(first, second);

        late.Advance(AssertionKeyRotation.Retirement);
        early.Advance(AssertionKeyRotation.Retirement);
        Assert.NotNull(await StepAsync());
        late.Advance(TimeSpan.FromSeconds(2));
        await EachTakesTheOthersAsync(first, second);
        early.Advance(TimeSpan.FromSeconds(2));
        await EachTakesTheOthersAsync(first, second);
        Assert.Single(rotation.Keys());
        Assert.Null(await StepAsync());
    }

    [Fact]
    public async Task What_a_removed_key_signs_is_refused()
    {
        using var current = New(late);
        using var stale = New(early);    // never reads again
        await RotateAsync();

        Assert.False((await ValidateAsync(current, stale.Mint("stale", Anybody))).IsValid);
        Assert.True((await ValidateAsync(current, current.Mint("current", Anybody))).IsValid);
    }

    [Fact]
    public async Task A_rotation_that_is_cut_off_after_any_step_goes_on()
    {
        using var service = New(late);
        var before = Kid(service.Mint("a", Anybody));
        Assert.True(await rotation.BeginAsync(TestContext.Current.CancellationToken));
        Assert.False(await Fresh().BeginAsync(TestContext.Current.CancellationToken));
        Assert.Null(await Fresh().ContinueAsync(TestContext.Current.CancellationToken));
        late.Advance(AssertionKeyRotation.Spread);
        Assert.NotNull(await Fresh().ContinueAsync(TestContext.Current.CancellationToken));
        Assert.Null(await Fresh().ContinueAsync(TestContext.Current.CancellationToken));
        late.Advance(AssertionKeyRotation.Retirement);
        Assert.NotNull(await Fresh().ContinueAsync(TestContext.Current.CancellationToken));
        late.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Fresh().Keys().Single().Id, Kid(service.Mint("a", Anybody)));
        Assert.NotEqual(before, Fresh().Keys().Single().Id);

        AssertionKeyRotation Fresh() => new(options, late);
    }

    [Theory]
    [InlineData("not a key")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_broken_file_leaves_the_keys_as_they_were(string? text)
    {
        using var service = New(late);
        var good = File.ReadAllText(options.AssertionKey);
        var broken = text ?? good + good[..(good.Length / 2)];
        File.WriteAllText(options.AssertionKey, broken);
        late.Advance(TimeSpan.FromSeconds(4));
        Assert.True((await ValidateAsync(service, service.Mint("a", Anybody))).IsValid);
        File.Delete(options.AssertionKey);
        late.Advance(TimeSpan.FromSeconds(4));
        Assert.True((await ValidateAsync(service, service.Mint("a", Anybody))).IsValid);

        File.WriteAllText(options.AssertionKey, broken);
        Assert.Throws<StartRefusedException>(() => New(late));
    }

    [Fact]
    public async Task A_secret_that_is_changed_behind_its_link_is_read()
    {
        // As Kubernetes mounts one: the name leads through a folder that is a link, and only that changes.
        foreach (var version in (string[])["1", "2"])
        {
            Directory.CreateDirectory(folder.File(version));
            using var made = new Assertions(new PlatformOptions { AssertionKey = folder.File($"{version}/assertion.pem") }, late);
        }

        Directory.CreateSymbolicLink(folder.File("data"), folder.File("1"));
        File.CreateSymbolicLink(folder.File("mounted.pem"), folder.File("data/assertion.pem"));
        using var service = new Assertions(new PlatformOptions { AssertionKey = folder.File("mounted.pem") }, late);
        var before = Kid(service.Mint("a", Anybody));
        Directory.Delete(folder.File("data"));
        Directory.CreateSymbolicLink(folder.File("data"), folder.File("2"));
        late.Advance(TimeSpan.FromSeconds(2));

        Assert.NotEqual(before, Kid(service.Mint("a", Anybody)));
        Assert.True((await ValidateAsync(service, service.Mint("a", Anybody))).IsValid);
    }

    [Fact]
    public async Task The_file_stays_its_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        using var service = New(late);
        await RotateAsync();

#pragma warning disable CA1416 // skipped above
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.AssertionKey));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task An_owner_begins_a_rotation_and_it_is_in_the_audit()
    {
        await using var platform = new RunningStandalone();
        await platform.InitializeAsync();
        var stop = TestContext.Current.CancellationToken;
        using var begun = await platform.Owner.PostAsync("/api/identity/assertion-key/rotate", null, stop);
        using var again = await platform.Owner.PostAsync("/api/identity/assertion-key/rotate", null, stop);
        var keys = (await begun.Content.ReadFromJsonAsync<AssertionKeysView>(PlatformJson.Options, stop))!.Keys;

        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal([(true, "inUse"), (false, "next")], keys.Select(key => (key.Signs, key.Stage)));
        Assert.Single(await platform.ListAsync<AuditEntry>(platform.Owner, "/api/identity/audit"), entry => entry.Action == "assertion-key.rotate");
    }

    public void Dispose() => folder.Dispose();

    private Assertions New(FakeTimeProvider time) => new(options, time, NullLogger<Assertions>.Instance);

    private Task<string?> StepAsync() => rotation.ContinueAsync(TestContext.Current.CancellationToken);

    private async Task RotateAsync()
    {
        Assert.True(await rotation.BeginAsync(TestContext.Current.CancellationToken));
        foreach (var wait in (TimeSpan[])[AssertionKeyRotation.Spread, AssertionKeyRotation.Retirement])
        {
            late.Advance(wait);
            Assert.NotNull(await StepAsync());
        }

        late.Advance(TimeSpan.FromSeconds(2));
    }

    private static async Task EachTakesTheOthersAsync(Assertions first, Assertions second)
    {
        Assert.True((await ValidateAsync(second, first.Mint("first", Anybody))).IsValid);
        Assert.True((await ValidateAsync(first, second.Mint("second", Anybody))).IsValid);
    }

    private static Task<Microsoft.IdentityModel.Tokens.TokenValidationResult> ValidateAsync(Assertions by, string assertion) =>
        new JsonWebTokenHandler().ValidateTokenAsync(assertion, by.Validation);

    private static string Kid(string assertion) => new JsonWebToken(assertion).Kid;
}
