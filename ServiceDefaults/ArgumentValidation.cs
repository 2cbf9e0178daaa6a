using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace InternPlatform.ServiceDefaults;

/// <summary>Checks the validation attributes of request records, nested ones included, and answers 400 with the errors by field.</summary>
internal static class ArgumentValidation
{
    private const int MaximumDepth = 8;

    public static EndpointFilterDelegate Create(EndpointFilterFactoryContext route, EndpointFilterDelegate next)
    {
        var positions = route.MethodInfo.GetParameters()
            .Where(parameter => IsOurs(parameter.ParameterType))
            .Select(parameter => parameter.Position)
            .ToArray();
        return positions.Length == 0 ? next : context => CheckAsync(context, positions, next);
    }

    private static ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, int[] positions, EndpointFilterDelegate next)
    {
        var errors = new Dictionary<string, List<string>>();
        foreach (var position in positions)
        {
            Collect(context.Arguments[position], "", errors, 0);
        }

        return errors.Count == 0 ? next(context) : ValueTask.FromResult<object?>(Refuse(errors));
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Refuse(Dictionary<string, List<string>> errors) => PlatformProblems.Of(
        "platform", "invalid-fields", "Some fields are not as they must be.", StatusCodes.Status400BadRequest, "See 'errors' for the fields.",
        new Dictionary<string, object?> { ["errors"] = errors });

    private static void Collect(object? value, string path, Dictionary<string, List<string>> errors, int depth)
    {
        if (value is null || depth > MaximumDepth || !IsOurs(value.GetType()))
        {
            return;
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(value, new ValidationContext(value), results, validateAllProperties: true);
        foreach (var result in results)
        {
            var names = result.MemberNames.Any() ? result.MemberNames : [""];
            foreach (var name in names)
            {
                Add(errors, path + Camel(name), result.ErrorMessage ?? "is not valid");
            }
        }

        foreach (var property in value.GetType().GetProperties().Where(property => property.CanRead && property.GetIndexParameters().Length == 0))
        {
            CollectMember(property.GetValue(value), path + Camel(property.Name), errors, depth + 1);
        }
    }

    private static void CollectMember(object? member, string path, Dictionary<string, List<string>> errors, int depth)
    {
        if (member is IEnumerable items and not string)
        {
            var index = 0;
            foreach (var item in items)
            {
                Collect(item, $"{path}[{index++}].", errors, depth);
            }

            return;
        }

        Collect(member, path + ".", errors, depth);
    }

    private static void Add(Dictionary<string, List<string>> errors, string field, string message)
    {
        if (!errors.TryGetValue(field, out var messages))
        {
            errors[field] = messages = [];
        }

        messages.Add(message);
    }

    private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    private static bool IsOurs(Type type) =>
        type is { IsClass: true, IsAbstract: false } && type != typeof(Caller)
        && type.Assembly.GetName().Name?.StartsWith("InternPlatform.", StringComparison.Ordinal) == true
        && type.GetMethod("<Clone>$") is not null;
}
