using InternPlatform.Jobs.Tests;
using InternPlatform.ServiceDefaults;

// xunit's own entry point, unless this process is a child or a host that a test started.
return args switch
{
    ["job", ..] => await PlatformHost.RunAsync(args, [TestService.Definition], new HostExtensions { Name = "tests", Embedded = true }),
    ["serve", ..] => await PlatformHost.RunAsync(args[1..], [TestService.Definition], new HostExtensions { Name = "tests", Embedded = true }),
    _ when args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        => await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, InternPlatform.Jobs.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
