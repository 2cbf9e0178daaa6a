using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace InternPlatform.ServiceDefaults;

/// <summary>Whether the disk of the data folder has room. Before it is full, since a full one fails jobs.</summary>
internal sealed class DiskCheck(PlatformOptions options) : IHealthCheck
{
    private const long GiB = 1L << 30;
    private const long Little = 2 * GiB;
    private const long AlmostNothing = GiB / 8;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var disk = new DriveInfo(options.Data);
        var status = disk.AvailableFreeSpace switch
        {
            < AlmostNothing => HealthStatus.Unhealthy,
            < Little => HealthStatus.Degraded,
            _ => HealthStatus.Healthy,
        };
        var room = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{disk.AvailableFreeSpace / (double)GiB:0.0} of {disk.TotalSize / (double)GiB:0.0} GiB are free.");
        return Task.FromResult(new HealthCheckResult(status, status == HealthStatus.Healthy ? room : $"{room} Free some on the disk of {options.Data}."));
    }
}
