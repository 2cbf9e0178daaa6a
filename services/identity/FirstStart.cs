using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary>Makes the first user and project where there are none, and a new one-time token at each start.</summary>
internal sealed class FirstStart(
    IServiceScopeFactory scopes, SignInFiles files, PlatformOptions options, IConfiguration configuration, TimeProvider time) : IHostedService
{
    private const string FirstUser = "owner";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.IsFirst)
        {
            return;    // it would end the tokens that the first instance has just given
        }

        await using var scope = scopes.CreateAsyncScope();
        var identity = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var owner = await identity.Users.FirstOrDefaultAsync(user => user.Name == FirstUser, cancellationToken)
            ?? await CreateFirstAsync(identity, cancellationToken);
        var now = time.GetUtcNow();
        // Tokens of earlier starts end with them.
        await identity.OneTimeTokens.Where(token => token.UserId == owner.Id && token.UsedAt == null)
            .ExecuteUpdateAsync(token => token.SetProperty(row => row.UsedAt, now), cancellationToken);
        Issue(identity, owner, "welcome-token");
        if (configuration.GetValue<bool>("Platform:OperatorToken"))
        {
            Issue(identity, owner, "operator-token");
        }

        await identity.SaveChangesAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Issue(IdentityDb identity, UserRow owner, string file)
    {
        var (token, row) = OneTimeTokens.New(owner.Id, time);
        identity.OneTimeTokens.Add(row);
        OwnerOnly.CreateFolder(options.Data);
        files.Write(file, token);
    }

    private async Task<UserRow> CreateFirstAsync(IdentityDb identity, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var owner = new UserRow(Guid.CreateVersion7(now), FirstUser, now);
        var project = await identity.Projects.FirstOrDefaultAsync(candidate => candidate.Name == ProjectLookup.DefaultProject, cancellationToken);
        if (project is null)
        {
            project = new ProjectRow(Guid.CreateVersion7(now), ProjectLookup.DefaultProject, now);
            identity.Projects.Add(project);
        }

        identity.Users.Add(owner);
        identity.Members.Add(new MemberRow { ProjectId = project.Id, UserId = owner.Id, Role = Roles.Owner });
        identity.Audit.Add(new AuditRow(Guid.CreateVersion7(now), now, project.Id, "platform", "project.create", project.Name));
        return owner;
    }
}
