using System.Reflection;
using System.Runtime.CompilerServices;
using InternPlatform.Contracts.Jobs;
using Xunit;

namespace InternPlatform.Architecture.Tests;

/// <summary>Contracts are values that others can rely on.</summary>
public sealed class ContractTests
{
    private static readonly Type[] Contracts = [.. typeof(JobView).Assembly.GetExportedTypes().Where(type => !type.IsEnum)];

    [Fact]
    public void Every_contract_is_a_sealed_record_without_a_base()
    {
        var offences = Contracts.Where(type => !type.IsSealed || type.BaseType != typeof(object) || type.GetMethod("<Clone>$") is null);
        Assert.Empty(offences);
    }

    [Fact]
    public void Contracts_are_init_only()
    {
        var offences =
            from type in Contracts
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            where property.SetMethod is { } setter && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
            select $"{type.Name}.{property.Name}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Contracts_have_no_methods_of_their_own()
    {
        var offences =
            from type in Contracts
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where !method.IsSpecialName && method.GetCustomAttribute<CompilerGeneratedAttribute>() is null
            select $"{type.Name}.{method.Name}";

        Assert.Empty(offences);
    }
}
