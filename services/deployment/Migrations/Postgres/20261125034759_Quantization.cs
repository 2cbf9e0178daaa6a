using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace InternPlatform.Deployment.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Quantization : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Quantization",
                table: "deployments",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "WeightBits",
                table: "deployments",
                type: "integer",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Quantization",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "WeightBits",
                table: "deployments");
        }
    }
}
