using InternPlatform.ServiceDefaults;
using InternPlatform.Standalone;

// xunit's own entry point, unless this process is the child of a job that a test started.
return args switch
{
    ["job" or "replica", ..] => await PlatformHost.RunAsync(args, StandaloneHost.Services, new HostExtensions { Name = "tests", Embedded = true }),
    _ when args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        => await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, InternPlatform.Services.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
